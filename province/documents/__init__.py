"""The documents that cross between the hub and the office, each typed once: `ketnoi-hub` writes them, the office's commands read them."""
