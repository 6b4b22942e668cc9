using PruneTasks.Testing;

namespace PruneTasks.Torch.Tests.Lowering;

public sealed class ConformanceTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_conformance_case_is_either_refused_with_a_reason_or_right()
    {
        IReadOnlyList<ConformanceCase> cases = ConformanceCase.In(ConformanceFiles.Open(SharedFolder.Require("conformance", "onnx-node-and-simple.tar.gz")));
        ConformanceOutcome[] outcomes = [.. cases.Select(ConformanceCheck.Run)];
        int Count(ConformanceStatus status) => outcomes.Count(o => o.Status == status);
        foreach (IGrouping<string, ConformanceOutcome> refused in outcomes.Where(o => o.Status == ConformanceStatus.Unsupported).GroupBy(o => $"{o.Culprit}: {o.Reason}").OrderByDescending(g => g.Count()))
            output.WriteLine($"{refused.Count()} {refused.Key}");
        string[] bad = [.. outcomes.Where(o => o.Status is ConformanceStatus.Wrong or ConformanceStatus.Crashed).Select(o => $"{o.Case}: {o.Status} {o.Reason}")];
        Assert.True(bad.Length == 0, $"{bad.Length} of {cases.Count}:\n{string.Join('\n', bad)}");
        Assert.True(cases.Count >= 1482 && Count(ConformanceStatus.Passed) >= 1270, $"{cases.Count} cases, {Count(ConformanceStatus.Passed)} passed");
    }
}
