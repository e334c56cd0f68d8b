"""The engines that `bench.beside` compares; see README.md."""
