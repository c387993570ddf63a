"""In a real browser, against a real installation with its web server and its worker."""
