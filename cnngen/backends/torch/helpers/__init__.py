"""What generated torch modules may define: each file holds one class or function, copied as it is."""
