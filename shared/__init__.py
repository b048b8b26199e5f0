"""What two services need today and no single one owns; README.md lists each module and who uses it."""
