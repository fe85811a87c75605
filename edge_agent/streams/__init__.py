"""Reading a camera's stream: RTSP, the pictures' own headers, and how much of it comes."""
