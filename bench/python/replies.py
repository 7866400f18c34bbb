"""What the contestants in Python share: where they answer, and how much memory they have held."""

import json
import os
import sys

_channel = os.fdopen(3, "w", buffering=1)


def reply(value):
    _channel.write(json.dumps(value) + "\n")


def peak_bytes():
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    import resource

    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
