"""What each response class promises, and by which calendar. Stands on nothing."""
