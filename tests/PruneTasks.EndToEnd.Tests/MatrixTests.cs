using PruneTasks.EndToEnd.Tests.Matrix;

namespace PruneTasks.EndToEnd.Tests;

// The matrix of ways to build, in three classes: classes run side by side.
public sealed class BuildMatrixTests(PackedPackage package)
{
    public static TheoryData<string> Groups => MatrixCheck.Names(BuildMatrix.Builds);

    [Theory]
    [MemberData(nameof(Groups))]
    public Task Builds(string group) => MatrixCheck.Run(BuildMatrix.Builds, group, package);
}

public sealed class OutputMatrixTests(PackedPackage package)
{
    public static TheoryData<string> Groups => MatrixCheck.Names(BuildMatrix.Outputs);

    [Theory]
    [MemberData(nameof(Groups))]
    public Task Publishes_and_packs(string group) => MatrixCheck.Run(BuildMatrix.Outputs, group, package);
}

public sealed class PlaceMatrixTests(PackedPackage package)
{
    public static TheoryData<string> Groups => MatrixCheck.Names(BuildMatrix.Places);

    [Theory]
    [MemberData(nameof(Groups))]
    public Task Builds_in(string group) => MatrixCheck.Run(BuildMatrix.Places, group, package);
}

internal static class MatrixCheck
{
    public static TheoryData<string> Names(IEnumerable<MatrixGroup> groups) => [.. groups.Select(group => group.Name)];

    public static async Task Run(IEnumerable<MatrixGroup> groups, string name, PackedPackage package)
    {
        IReadOnlyList<MatrixRow> rows = await groups.Single(group => group.Name == name).All(package);

        Assert.NotEmpty(rows);
        string[] wrong = [.. rows.Where(row => row.Problem is not null).Select(row => $"{row.Way}: {row.Problem}")];
        Assert.True(wrong.Length == 0, string.Join("\n", wrong));
        // Said by name; the other rows of the group have been run.
        string[] lacking = [.. rows.Where(row => row.NotRun is not null).Select(row => $"not run: {row.Way} ({row.NotRun})")];
        Assert.SkipWhen(lacking.Length > 0, string.Join("; ", lacking));
    }
}
