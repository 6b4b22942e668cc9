using System.Diagnostics;
using PruneTasks.BuildTesting;

namespace PruneTasks.Worker.Tests.Hostile;

/// <summary>The short forms of <c>fuzz</c> (docs/benchmarks/fuzz.md).</summary>
public sealed class FuzzTests
{
    [Fact]
    public async Task Damaged_models_and_specs_end_in_a_result_or_in_an_error_with_an_id()
    {
        string output = await Fuzz("--onnx", "600", "--specs", "400", "--whole", "0", "--seed", "11");
        Assert.Contains("onnx: files 600, ", output, StringComparison.Ordinal);
        Assert.Contains("spec: files 400, ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_models_go_through_a_whole_run_to_a_result_or_an_error_with_an_id()
    {
        string output = await Fuzz("--onnx", "0", "--specs", "0", "--whole", "36", "--seed", "11");
        Assert.Contains("whole: files 36, ", output, StringComparison.Ordinal);
        // Otherwise most would not get far.
        Assert.DoesNotContain(", pruned 0, ", output.Split('\n').Single(line => line.StartsWith("whole: ", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    private static async Task<string> Fuzz(params string[] arguments)
    {
        string program = Repository.BuildOutput("tests", "PruneTasks.Benchmarks", "net10.0", "PruneTasks.Benchmarks.dll");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (string argument in (string[])["exec", program, "fuzz", .. arguments]) start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output);
        return output;
    }
}
