// Each test has folders and a node of its own, and most of its time is Packer's.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(3)]
