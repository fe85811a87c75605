"""What a device is asked: settings, clock, recordings; by ONVIF or its maker's own protocol, with code that the drivers do not share."""
