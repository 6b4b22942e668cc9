using System.Text.Json;
using PruneTasks.BuildTesting;
using PruneTasks.Onnx;
using PruneTasks.Testing;
using PruneTasks.WorkerRuns;

namespace PruneTasks.RealModels.Tests;

/// <summary>Prunes models of <c>../shared</c>; what several tests ask for is pruned once.</summary>
public sealed class RealWorker : IDisposable
{
    private readonly TemporaryFolder _folder = new("real-models");
    private readonly Dictionary<string, PruneOutput> _done = new(StringComparer.Ordinal);
    private int _runs;

    internal static string Models => SharedFolder.Require("models");

    internal static string Data => SharedFolder.Require("data");

    /// <summary>A path for a file of the tests' own.</summary>
    public string File(string name) => _folder[name];

    /// <summary>Prunes, once for the same spec.</summary>
    internal async Task<PruneOutput> Prune(string spec)
    {
        if (_done.TryGetValue(spec, out PruneOutput? output)) return output;
        return _done[spec] = await PruneAgain(spec);
    }

    /// <summary>Prunes in any case.</summary>
    internal async Task<PruneOutput> PruneAgain(string spec)
    {
        (WorkerRun run, string folder) = await Run(spec);
        run.Succeeded();
        return new PruneOutput(folder, "m");
    }

    /// <summary>Runs <c>prune</c>, whatever comes of it.</summary>
    internal async Task<(WorkerRun Run, string Folder)> Run(string spec)
    {
        string at = $"run{++_runs}", folder = _folder[at, "out"];
        return (await WorkerProcess.Run("prune", "--spec", _folder.Write($"{at}/m.prune.yaml", spec), "--output", folder), folder);
    }

    /// <summary>Asserts that the written file costs what removing the reported units should leave.</summary>
    /// <param name="dense">The file before any unit was removed, but with what never counts left out: what pruning by nothing writes.</param>
    /// <param name="output">The pruned one.</param>
    internal static async Task AssertCostsAsPredicted(string dense, PruneOutput output)
    {
        WorkerRun inspect = (await WorkerProcess.Run("inspect", dense, "--json")).Succeeded();
        Dictionary<(int, string), (long Macs, long Parameters)> perUnit = JsonDocument.Parse(inspect.Output).RootElement.GetProperty("units").EnumerateArray().ToDictionary(
            unit => (unit.GetProperty("block").GetInt32(), unit.GetProperty("kind").GetString()!),
            unit => (unit.GetProperty("macsPerUnit").GetInt64(), unit.GetProperty("parametersPerUnit").GetInt64()));
        long macs = output.Removed.Sum(site => site.Removed * perUnit[(site.Block, site.Kind)].Macs);
        long parameters = output.Removed.Sum(site => site.Removed * perUnit[(site.Block, site.Kind)].Parameters);
        Cost before = CostModel.OfOneSample(OnnxReader.Load(dense)).Total, after = CostModel.OfOneSample(OnnxReader.Load(output.Model)).Total;

        Assert.True(macs > 0 && parameters > 0);
        Assert.Equal(before.Macs - macs, after.Macs);
        Assert.Equal((after.Macs, after.Parameters), (output.Count("pruned", "macs"), output.Count("pruned", "parameters")));
        // A layer whose result is refitted gets a bias if it has none, so a few parameters may come in.
        Assert.InRange(before.Parameters - parameters, after.Parameters - (0.005 * before.Parameters), after.Parameters);
        Assert.Equal(new FileInfo(output.Model).Length, output.Count("pruned", "bytes"));
        // The file holds names and shapes too. A cut adds some nodes (bounds of slices, for example): up to some two kilobytes a site.
        long saved = new FileInfo(dense).Length - new FileInfo(output.Model).Length;
        int allowance = 2500 * output.Removed.Count(site => site.Removed > 0);
        Assert.InRange(saved, before.Bytes - after.Bytes - allowance, before.Bytes - after.Bytes + allowance);
    }

    public void Dispose() => _folder.Dispose();
}
