-- What began in one boot is found without reading a site's years: each boot is dated once, of all sites at once after a power cut.

CREATE INDEX intervals_of_boot ON intervals (site, boot) WHERE boot IS NOT NULL;
