"""Conversations as files: saved and loaded whole, exported for people, and rebuilt from notebooks.

It knows the history and its values, and nothing of asking; `conversation` hands it a document and takes one.

::

    document               a conversation as a value              Document
    saving     exporting   which file, whose keys are hidden      save_document, load_document, export_document
    layout                 what stands in a file, checked         (pydantic)
    encode     decode      a document to bytes and back           (pure)
    hiding                 no key leaves in a file                (pure)
    markdown_export  page_export  notebook_export                 a document for people (pure)
    fences                 text in Markdown that stays text       (pure)
    cell_records           what an output keeps of an exchange    cell_record (pure)
    notebooks              those records, read back               document_from_notebook, find_exchanges
    storage                the file: bounded, in one step

Nothing is imported here: pydantic waits for the first file.
"""
