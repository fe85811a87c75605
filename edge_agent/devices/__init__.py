"""Device code, once: read (`get`), compare (`plan`), write (`apply`), read back.

wanted document -> engine -> driver.get -> plan -> driver.apply -> result document
"""
