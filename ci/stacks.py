"""The stacks of this clone, for a job matrix.

python -m ci.stacks   prints the stacks that have a file, as a JSON list
"""

import json

from config.stack_files import committed_stacks

if __name__ == "__main__":
    print(json.dumps(committed_stacks()))
