"""What a stack costs a month, from what the program registers, the load, and a dated list of AWS's prices."""
