"""What a person looks at: a run as one self-contained web page."""
