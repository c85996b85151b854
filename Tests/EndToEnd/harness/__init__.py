"""What the end-to-end tests drive the real binary with: as a browser, as a program, and as an operator would."""
