using System.IO.Compression;
using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

/// <summary>What people see of a prune.</summary>
public sealed class VisibleTests(PackedPackage package)
{
    [Fact]
    public async Task The_terminal_logger_shows_warnings_and_errors()
    {
        using TestApp app = new TestApp(package).WithModel();
        app.Write("fake-worker.mode", "warning");
        (await app.Run("restore")).Succeeded();

        DotNetRun warned = (await app.Run("build", "--no-restore", "-tl:on")).Succeeded();
        app.Write("fake-worker.mode", "error");
        DotNetRun failed = (await app.Run("build", "--no-restore", "-tl:on", "-p:PruneTasksForce=true")).Failed();

        Assert.Contains("only 4 calibration samples", Assert.Single(warned.LinesWith("PRUNE0411")));
        Assert.Contains("holds nothing", Assert.Single(failed.LinesWith("PRUNE0021")));
    }

    [Fact]
    public async Task The_classic_logger_shows_stages_the_time_left_and_one_summary()
    {
        using TestApp app = new TestApp(package).WithModel();
        app.Write("fake-worker.mode", "stages");

        DotNetRun run = (await app.Build()).Succeeded();

        Assert.Contains("tiny: measure layers: 3 of 12, about 0:34 left", Assert.Single(run.LinesWith("measure layers")));
        Assert.Contains(app["obj", "prunetasks", "tiny", "report.html"], Assert.Single(run.LinesWith("the fake worker ran")));
        Assert.Empty(run.LinesWith("fake worker, mode"));
    }

    [Fact]
    public async Task A_binary_log_holds_spec_and_report_but_no_model()
    {
        using TestApp app = new TestApp(package, "log @ 50 % (x) 'a'").WithModel();

        (await app.Build("-bl:build.binlog")).Succeeded();

        string[] names = EmbeddedFiles(app["build.binlog"]);
        Assert.Contains(names, name => name.EndsWith("tiny.prune.yaml", StringComparison.Ordinal));
        Assert.Contains(names, name => name.EndsWith("tiny/report.json", StringComparison.Ordinal));
        Assert.DoesNotContain(names, name => name.EndsWith(".onnx", StringComparison.Ordinal));
    }

    // A binary log is a gzip stream; the embedded files are a zip archive somewhere in it (MSBuild's documentation: "Binary log").
    private static string[] EmbeddedFiles(string log)
    {
        using var content = new MemoryStream();
        using (var zipped = new GZipStream(File.OpenRead(log), CompressionMode.Decompress))
            zipped.CopyTo(content);
        byte[] bytes = content.ToArray();
        int first = bytes.AsSpan().IndexOf("PK\u0003\u0004"u8), end = bytes.AsSpan().LastIndexOf("PK\u0005\u0006"u8);
        Assert.True(first >= 0 && end > first, "the log embeds nothing");
        // The end record of an archive without a comment has 22 bytes.
        using var archive = new ZipArchive(new MemoryStream(bytes, first, end + 22 - first));
        return [.. archive.Entries.Select(entry => entry.FullName.Replace('\\', '/'))];
    }
}
