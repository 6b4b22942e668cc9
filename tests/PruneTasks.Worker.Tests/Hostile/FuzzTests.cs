using System.Diagnostics;
using PruneTasks.BuildTesting;

namespace PruneTasks.Worker.Tests.Hostile;

/// <summary>The short form of <c>fuzz</c> (docs/benchmarks/fuzz.md).</summary>
public sealed class FuzzTests
{
    [Fact]
    public async Task Damaged_models_and_specs_end_in_a_result_or_in_an_error_with_an_id()
    {
        string program = Repository.BuildOutput("tests", "PruneTasks.Benchmarks", "net10.0", "PruneTasks.Benchmarks.dll");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (string argument in (string[])["exec", program, "fuzz", "--onnx", "600", "--specs", "400", "--seed", "11"]) start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output);
        Assert.Contains("onnx: files 600, ", output, StringComparison.Ordinal);
        Assert.Contains("specs: files 400, ", output, StringComparison.Ordinal);
    }
}
