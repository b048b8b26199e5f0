"""Double entry: what moved, in lines that sum to zero. Posting only; it asks nobody. Stands on accounts."""
