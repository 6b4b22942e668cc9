using System.Text.RegularExpressions;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Spec.Tests.Diagnostics;

public sealed class PruneDiagnosticTests
{
    private static readonly SourceSpan Place = new(3, 5, 3, 9);

    [Fact]
    public void Text_follows_the_msbuild_format()
    {
        PruneDiagnostic diagnostic = PruneDiagnostics.UnknownKey.At("models/vit.prune.yaml", Place, "modle", "the spec", "did you mean 'model'?");
        Assert.Equal(
            "models/vit.prune.yaml(3,5): error PRUNE0002: unknown key 'modle' in the spec; did you mean 'model'?",
            diagnostic.ToString());
        Assert.True(diagnostic.IsError);
        Assert.Equal(Place, diagnostic.Span);
    }

    [Fact]
    public void Text_without_line_or_file_is_still_in_the_format()
    {
        Assert.StartsWith("a.onnx: error PRUNE0103: 'a.onnx' is", PruneDiagnostics.LfsPointer.In("a.onnx", "a.onnx").ToString());
        Assert.StartsWith("PruneTasks : warning PRUNE0908: ", PruneDiagnostics.Cancelled.In(null, "vit").ToString());
    }

    [Fact]
    public void Text_is_one_line_whatever_the_message_holds()
    {
        string text = PruneDiagnostics.InternalError.In(null, "first\r\nsecond\n", "log").ToString();
        Assert.Contains("first second", text);
        Assert.DoesNotContain('\n', text);
    }

    [Fact]
    public void Missing_libtorch_names_the_line_that_fixes_it()
    {
        string text = PruneDiagnostics.LibTorchMissing.In(null, "2.10.0", "linux-x64", "packages", "libtorch-cpu-linux-x64").ToString();
        Assert.Contains("<PackageDownload Include=\"libtorch-cpu-linux-x64\" Version=\"[2.10.0]\" />", text);
    }

    [Fact]
    public void Ids_are_unique_and_well_formed()
    {
        Assert.True(PruneDiagnostics.All.Count > 40);
        Assert.Equal(PruneDiagnostics.All.Count, PruneDiagnostics.All.Select(row => row.Id).Distinct().Count());
        Assert.All(PruneDiagnostics.All, row =>
        {
            Assert.Matches("^PRUNE0[0-59][0-9]{2}$", row.Id);
            Assert.EndsWith($"/docs/diagnostics/{row.Id}.md", row.HelpLink);
            Assert.DoesNotMatch("[.:]$", row.Title);
            Assert.Same(row, PruneDiagnostics.Find(row.Id));
        });
    }

    [Fact]
    public void Message_formats_are_complete()
    {
        Assert.All(PruneDiagnostics.All, row =>
        {
            int count = Regex.Matches(row.MessageFormat, @"(?<!\{)\{(\d)\}").Select(match => int.Parse(match.Groups[1].Value) + 1).DefaultIfEmpty().Max();
            object[] arguments = [.. Enumerable.Range(0, count).Select(i => (object)$"<{i}>")];
            string message = row.In(null, arguments).Message;
            Assert.All(arguments, argument => Assert.Contains((string)argument, message));
        });
    }
}
