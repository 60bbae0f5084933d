using System.Globalization;
using Bench;
using Bench.Judging;
using Foundation;

// The measurements in the order of the table. Some run this program again as the process that is measured.
var all = new Dictionary<string, Func<Sizes, IEnumerable<Result>>>
{
    ["compile"] = CompileBench.Run,
    ["start"] = StartBench.Run,
    ["build"] = BuildBench.Run,
    ["stream"] = StreamBench.Run,
    ["seal"] = SealBench.Run,
    ["verify"] = RecordsBench.Verify,
    ["index"] = RecordsBench.Index,
    ["scale"] = RecordsBench.Scale,
    ["chains"] = BuildBench.Chains,
    ["parallel"] = BuildBench.Parallel,
    ["inner"] = InnerBench.Run,
};

try
{
    switch (args)
    {
        case [JudgeBench.Command, var files]:
            return JudgeBench.Run(Sizes.Read([], all.Keys).Root, files);
        case [StreamBench.Command, var source, var target]:
            return StreamBench.Pump(source, target);
        case [RecordsBench.Command, var folder, var index]:
            return RecordsBench.Publish(folder, int.Parse(index, CultureInfo.InvariantCulture));
    }

    var sizes = Sizes.Read(args, all.Keys);
    Tree.Delete(sizes.Work);
    Directory.CreateDirectory(sizes.Work);
    var load = Machine.Load();
    var utc = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC";
    // Only figures of the full size belong on the page.
    var docs = Path.Combine(sizes.Root, sizes.Scale == 100 ? "docs" : Path.Combine(".artifacts", "bench-results"));
    var json = Path.Combine(docs, "performance.json");
    var earlier = Report.Read(json);
    var results = new List<Result>();
    Report Measured() => new(Machine.Current().ToString(), load, Machine.Load(), utc, sizes.Scale, results);
    try
    {
        foreach (var (name, run) in all.Where(m => sizes.Only.Count == 0 || sizes.Only.Contains(m.Key)))
        {
            Console.Error.WriteLine($"Measuring {name} …");
            foreach (var result in run(sizes))
            {
                // Each figure is written as soon as it is there: who interrupts the rest keeps it.
                results.Add(result);
                var merged = Measured().With(earlier, all.Keys);
                merged.WriteJson(json);
                merged.WriteInto(Path.Combine(docs, "performance.md"));
            }
        }
    }
    finally
    {
        Tree.Delete(sizes.Work);
    }

    Console.WriteLine(Measured().Markdown());
    Console.WriteLine($"Written to {docs}");
    return 0;
}
catch (FailureException failure)
{
    Console.Error.WriteLine($"Error: {failure.Message}");
    return (int)failure.Kind;
}
