using System.CommandLine;
using PruneTasks.Benchmarks.Build;
using PruneTasks.Benchmarks.Models.Real;

namespace PruneTasks.Benchmarks.Models;

/// <summary>The command <c>models</c>.</summary>
internal static class ModelsCommand
{
    private static readonly Option<string> s_folder = new("--folder") { Description = "Folder with ONNX files, searched with all folders below; or one file.", Required = true };

    private static readonly Option<double> s_cut = new("--cut") { Description = "Share of the MACs to remove.", DefaultValueFactory = _ => 0.3 };

    private static readonly Option<string?> s_page = new("--out") { Description = "Page to write." };

    private static readonly Option<string?> s_section = new("--section") { Description = "Write only that part of the page, between its marks, and leave the others." };

    private static readonly Option<string?> s_only = new("--only") { Description = "Only files whose path has this in it." };

    private static readonly Option<double> s_limit = new("--timeout") { Description = "Seconds for one run of the worker.", DefaultValueFactory = _ => 900 };

    private static readonly Option<bool> s_twice = new("--twice") { Description = "Prune each file twice and compare the bytes." };

    private static readonly Option<string?> s_data = new("--data") { Description = "Map from files to real data (docs/benchmarks/models-data.yaml); without it, recorded or random inputs are used." };

    /// <summary>The command, printing its table to <paramref name="output"/>.</summary>
    public static Command Create(TextWriter output)
    {
        Command command = new("models", "Prunes every ONNX file of a folder and prints a row for each.") { s_folder, s_cut, s_page, s_section, s_only, s_limit, s_twice, s_data };
        command.SetAction((parsed, _) =>
        {
            TrialSettings settings = new(parsed.GetValue(s_cut), TimeSpan.FromSeconds(parsed.GetValue(s_limit)), parsed.GetValue(s_twice), parsed.GetValue(s_data) is { } map ? DataMap.Read(map) : null);
            string words = string.Join(' ', parsed.Tokens.Select(t => t.Value));
            return parsed.GetValue(s_section) is { } section ? PageSection.Run(parsed.GetValue(s_page), section, both => Run(null, both)) : Run(parsed.GetValue(s_page), output);

            Task<int> Run(string? page, TextWriter to) => ModelsBenchmark.Run(parsed.GetValue(s_folder)!, parsed.GetValue(s_only), settings, page, words, to);
        });
        return command;
    }
}
