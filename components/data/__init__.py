"""What is kept: tables, bucket, secrets, logs, images, the session cache."""
