"""What only an installation needs: see README.md. Nothing here is in the image."""
