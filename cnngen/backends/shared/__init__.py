"""What modules of every target may define: functions of the language, copied."""
