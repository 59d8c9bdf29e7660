def main():pass
