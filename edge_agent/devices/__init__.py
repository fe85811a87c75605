"""Device code, once: read (`get`), compare (`plan`), write (`apply`), read back.

desired document -> engine -> driver.get -> plan -> driver.apply -> result document
"""
