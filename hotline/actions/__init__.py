"""Things people do: one public function is one thing done, in one transaction, with one record of it.

Actions never call actions. Every one begins with `access.require`.
"""
