"""Stand-in of the lead; replace."""
def pause_seconds(error, *, attempts, max_retries, random):
    return 0.01 if error.is_transient and attempts<=max_retries else None
