"""What the box and the office both know: the documents that cross between them, read strictly, and the words of their codes.

It imports nothing of the box's or the office's own.
"""
