"""What pages are made of, in rooms; beside them what every room uses, such as charts and words.

Everything here may draw; nothing here computes results.
"""
