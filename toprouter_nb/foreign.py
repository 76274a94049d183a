"""Says whether a value is of another library's class, without importing that library.

Knows class names only: nothing of what the classes do.
"""


def is_of(value: object, package: str, name: str) -> bool:
    """Say whether `value` is an instance of the class `name` of `package`, or of a subclass.

    A value of a library's class can only exist where that library is imported already, so its class tells enough.

    Parameters
    ----------
    value
        Anything.
    package
        The top-level package the class comes from, such as "pandas".
    name
        The name of the class, such as "DataFrame".

    Examples
    --------
    >>> import decimal
    >>> is_of(decimal.Decimal(1), "decimal", "Decimal"), is_of(1, "decimal", "Decimal")
    (True, False)
    """
    return any(
        kind.__name__ == name and str(kind.__module__).partition(".")[0] == package for kind in type(value).__mro__
    )
