"""What is read off networks, and changes nothing in them."""
