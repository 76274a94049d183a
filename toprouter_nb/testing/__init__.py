"""A real server on your own machine that plays the replies you wrote, to test a notebook offline.

Imports nothing of the rest of the package: any Chat Completions client can be tested with it, the OpenAI SDK included.

Examples
--------
>>> import json, urllib.request
>>> with ScriptedGateway(["Hello from the script."]) as gateway:
...     body = json.dumps({"model": "any/model", "messages": [{"role": "user", "content": "Hi"}]}).encode()
...     with urllib.request.urlopen(gateway.base_url + "/chat/completions", body) as answer:
...         print(json.load(answer)["choices"][0]["message"]["content"])
Hello from the script.
>>> gateway.requests[0].json["model"]
'any/model'
"""

from .gateway import ScriptedGateway
from .requests import ReceivedRequest
from .script import Cut, ErrorEvent, Fault, Hang, Raw, Script, Stall

__all__ = ["Cut", "ErrorEvent", "Fault", "Hang", "Raw", "ReceivedRequest", "Script", "ScriptedGateway", "Stall"]
