using System.Globalization;

namespace Bench.Judging;

/// <summary>
/// How often the judge of unattended files is wrong: <c>judge FOLDER</c> takes a folder of the public files that the lists
/// below <c>bench/files</c> name, and the mistakes of the tests, and prints the rates of false alarms and misses by format.
/// </summary>
internal static class JudgeBench
{
    internal const string Command = "judge";

    /// <returns>0; 1 when the folder has none of the files.</returns>
    internal static int Run(string root, string folder)
    {
        var listed = FileList.Read(Path.Combine(root, "bench", "files"));
        var present = FileList.ByHash(folder);
        var judged = listed.Where(f => present.ContainsKey(f.Sha256)).Select(f => (File: f, Reading: FileList.Judge(f, present[f.Sha256]))).ToList();
        var cases = Directory.EnumerateFiles(Path.Combine(root, "tests", "Unattended.Tests", "Cases"), "*.cases").SelectMany(CaseFile.Read).Where(c => c.Verdict == "error").ToList();
        var missedCases = cases.Where(c => !Unattended.UnattendedFile.Read(c.Format, c.Text, c.Context).Errors.Any()).ToList();

        Console.WriteLine("| format | files that work | false alarms | | mistakes | misses | |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|");
        foreach (var format in judged.Select(j => j.File.Format).Concat(cases.Select(c => c.FormatName)).Distinct().Order(StringComparer.Ordinal).Append(""))
        {
            var files = judged.Where(j => format.Length == 0 || j.File.Format == format).ToList();
            var works = files.Where(j => j.File.Works).ToList();
            var alarms = works.Count(j => j.Reading.Errors.Any());
            var mistakes = files.Count(j => !j.File.Works) + cases.Count(c => format.Length == 0 || c.FormatName == format);
            var misses = files.Count(j => !j.File.Works && !j.Reading.Errors.Any()) + missedCases.Count(c => format.Length == 0 || c.FormatName == format);
            Console.WriteLine($"| {(format.Length == 0 ? "all" : format)} | {works.Count} | {alarms} | {Share(alarms, works.Count)} | {mistakes} | {misses} | {Share(misses, mistakes)} |");
        }

        foreach (var (file, reading) in judged.Where(j => j.File.Works && j.Reading.Errors.Any()))
        {
            Console.WriteLine($"\nfalse alarm: {file.Format} {file.System} {file.Source}\n  {string.Join("\n  ", reading.Errors.Select(e => $"{e.Code} {e}"))}");
        }

        foreach (var (file, _) in judged.Where(j => !j.File.Works && !j.Reading.Errors.Any()))
        {
            Console.WriteLine($"\nmiss: {file.Format} {file.System} {file.Source}");
        }

        foreach (var missed in missedCases)
        {
            Console.WriteLine($"\nmiss: {missed.FormatName}: {missed.Name}");
        }

        Console.WriteLine($"\n{judged.Count} of {listed.Count} listed files are in {folder}");
        return judged.Count > 0 ? 0 : 1;
    }

    private static string Share(int part, int whole) => whole == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{100.0 * part / whole:0.0} %");
}
