"""Pure functions that turn untrusted text into safe HTML; they show nothing themselves.

They know nothing of IPython, widgets or our own values: text, numbers and bytes go in, a string comes out.
"""
