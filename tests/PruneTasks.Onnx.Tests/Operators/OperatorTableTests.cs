using System.Text;
using PruneTasks.Testing;

namespace PruneTasks.Onnx.Tests.Operators;

public sealed class OperatorTableTests
{
    public static TheoryData<string> Models() => Samples.All();

    [Theory, MemberData(nameof(Models))]
    public void Every_operator_of_the_models_is_in_the_table_and_keeps_to_its_row(string relative)
    {
        OnnxModel model = Samples.Load(relative);
        foreach (Node node in model.Graph.Nodes) KeepsToItsRow(node, model.Opset);
    }

    [Fact]
    public void Every_operator_of_the_standard_that_the_conformance_cases_use_is_in_the_table_and_keeps_to_its_row()
    {
        string archive = Path.Combine(Samples.Folder ?? "", "conformance", "onnx-node-and-simple.tar.gz");
        Assert.SkipUnless(File.Exists(archive), "../shared/conformance is not there");
        HashSet<string> seen = [];
        foreach (ConformanceCase test in ConformanceCase.In(ConformanceFiles.Open(archive)))
        {
            OnnxModel model = test.Load();
            foreach (Node node in model.Graph.Nodes.Where(n => n.Domain.Length == 0))
            {
                KeepsToItsRow(node, model.Opset);
                seen.Add(node.OpType);
            }
        }
        Assert.True(seen.Count >= 180, $"{seen.Count} operators");
    }

    private static void KeepsToItsRow(Node node, long opset)
    {
        OperatorInfo? row = OperatorTable.Default.Find(node);
        Assert.True(row is not null, node.OpType);
        Assert.True(node.Inputs.Count >= row.Inputs.Min && node.Inputs.Count <= row.Inputs.Max, $"{node} has inputs {row.Inputs}");
        Assert.True(node.Outputs.Count >= row.Outputs.Min && node.Outputs.Count <= row.Outputs.Max, $"{node} has outputs {row.Outputs}");
        Assert.True(opset >= row.Since && opset <= (row.Until ?? long.MaxValue), $"{node.OpType} exists from {row.Since} to {row.Until}, not in {opset}");
    }

    [Fact]
    public void Unknown_operators_are_barriers()
    {
        var graph = new Graph("g");
        Node node = graph.AddNode("Frobnicate", [graph.AddInput("x", ElementType.Float32, [new(2, null)])], "y");
        Assert.Null(OperatorTable.Default.Find(node));
        Assert.Equal(AxisBehaviour.Barrier, OperatorTable.Default.BehaviourOf(node));
    }

    [Fact]
    public void Axes_that_pass_have_a_shape_rule() =>
        Assert.All(OperatorTable.Default.Rows, row => Assert.True(row.HasShapeRule || row.Behaviour == AxisBehaviour.Barrier, row.Name));

    [Fact]
    public void The_page_about_operators_is_the_table()
    {
        string path = Path.Combine(Samples.Repository, "docs", "operators.md"), expected = Page();
        if (Environment.GetEnvironmentVariable("PRUNETASKS_UPDATE") == "1") File.WriteAllText(path, expected);
        Assert.Equal(expected, File.ReadAllText(path).ReplaceLineEndings("\n"));
    }

    private static string Page()
    {
        var page = new StringBuilder();
        OperatorInfo[] rows = [.. OperatorTable.Default.Rows];
        page.Append(
            $"""
            # Operators

            Generated from `OperatorTable` by a test; rewrite it with `PRUNETASKS_UPDATE=1 dotnet test tests/PruneTasks.Onnx.Tests`.

            {rows.Length} operators. One that is not listed is a barrier: what surrounds it is left dense, and the report says so.
            *Axes* is how removal along an axis passes (`AxisBehaviour`); *shape*: output shapes are inferred; *content*: small results, as exporters
            compute them from shapes, are evaluated; *lowered*: TorchSharp can run it, so a model that has it can be calibrated.


            """);
        foreach (IGrouping<string, OperatorInfo> domain in rows.GroupBy(r => r.Domain))
        {
            page.Append($"## {(domain.Key.Length == 0 ? "ai.onnx" : domain.Key)}\n\n");
            page.Append("| operator | opsets | inputs | outputs | axes | shape | content | lowered |\n|---|---|---|---|---|---|---|---|\n");
            foreach (OperatorInfo row in domain)
            {
                page.Append($"| {row.Name} | {row.Since}{(row.Until is { } last ? $"–{last}" : "–")} | {row.Inputs} | {row.Outputs} | {row.Behaviour} ");
                page.Append($"| {Mark(row.HasShapeRule)} | {Mark(row.HasContentRule)} | {Mark(row.IsLowered)} |\n");
            }
            page.Append('\n');
        }
        return page.ToString().TrimEnd('\n').ReplaceLineEndings("\n") + "\n";
    }

    private static string Mark(bool on) => on ? "yes" : "";
}
