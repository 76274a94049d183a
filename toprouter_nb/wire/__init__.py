"""The Chat Completions format: turns to request JSON, answer JSON to deltas.

The only place that spells the wire's JSON keys. It knows nothing of HTTP, keys, history or display.
"""
