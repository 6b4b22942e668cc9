using System.Globalization;
using System.Text;
using PruneTasks.Json;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Inspection;

/// <summary>An inspection as text for people, and as JSON.</summary>
internal static class InspectionText
{
    /// <summary>Text for a terminal.</summary>
    public static string Write(ModelInspection inspection)
    {
        OnnxModel model = inspection.File.Model;
        var text = new StringBuilder();
        string domains = string.Join(", ", model.Opsets.OrderBy(opset => opset.Key, StringComparer.Ordinal).Select(opset => $"{Domain(opset.Key)} {opset.Value}"));
        Line("model", inspection.File.Path);
        Line("opset", $"{domains}; IR {model.IrVersion}; {(model.ProducerName.Length > 0 ? model.ProducerName : "producer not named")}");
        foreach (Value input in model.Graph.Inputs) Line("input", Describe(input));
        foreach (Value output in model.Graph.Outputs) Line("output", Describe(output));
        if (inspection.Caches > 0) Line("caches", string.Create(CultureInfo.InvariantCulture, $"{inspection.Caches}, empty here; with 'task: causal-lm' they become as small as keys and values, with another task these stay"));
        Line("file size", Figures.Bytes(inspection.File.Length));
        Line("parameters", $"{Figures.Count(inspection.Parameters)} ({inspection.Parameters})");
        string open = inspection.OpenAxisSize is { } size ? $", open axes other than the batch counted as {size}" : "";
        Line("MACs", $"{Figures.Count(inspection.Macs)} ({inspection.Macs}), one sample{open}");
        Line("nodes", string.Create(CultureInfo.InvariantCulture, $"{model.Graph.Nodes.Count}"));
        if (inspection.Uncounted.Count > 0) Line("not counted", string.Join(", ", inspection.Uncounted));
        text.Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"MACs by operator\n{Operators(inspection)}\n");
        QuantisedWeights quantised = QuantisedWeights.Of(model);
        if (quantised.Share > 0) text.Append(CultureInfo.InvariantCulture, $"Quantised: {quantised.Share * 100:F0} % of the weights, in {string.Join(", ", quantised.Operators)}. Prune the floating-point model, and quantise the result.\n\n");
        text.Append(inspection.Units.Count == 0 ? "No units were found: pruning acts on feed-forward, attention and convolution layers and others that share channels, outside the bodies of If, Loop and Scan.\n" : $"Units that can be pruned\n{Units(inspection.Units)}");
        if (inspection.Refusals.Count > 0) text.Append(CultureInfo.InvariantCulture, $"\nLeft dense\n{Refusals(inspection.Refusals)}");
        return text.ToString();

        void Line(string name, string value) => text.Append(CultureInfo.InvariantCulture, $"{name,-12}  {value}\n");
    }

    /// <summary>JSON; the fields are listed in docs/report.md.</summary>
    public static string WriteJson(ModelInspection inspection)
    {
        OnnxModel model = inspection.File.Model;
        return JsonWriter.Write(JsonValue.Object(
            ("version", JsonValue.Of(1L)),
            ("model", JsonValue.Of(inspection.File.Path)),
            ("sha256", JsonValue.Of(inspection.File.Sha256)),
            ("opsets", JsonValue.Object([.. model.Opsets.OrderBy(opset => opset.Key, StringComparer.Ordinal).Select(opset => (Domain(opset.Key), (JsonValue?)JsonValue.Of(opset.Value)))])),
            ("ir", JsonValue.Of(model.IrVersion)),
            ("producer", JsonValue.Of(model.ProducerName)),
            ("inputs", JsonValue.Array(model.Graph.Inputs.Select(Signature))),
            ("outputs", JsonValue.Array(model.Graph.Outputs.Select(Signature))),
            ("caches", JsonValue.Of((long)inspection.Caches)),
            ("nodes", JsonValue.Of((long)model.Graph.Nodes.Count)),
            ("bytes", JsonValue.Of(inspection.File.Length)),
            ("parameters", JsonValue.Of(inspection.Parameters)),
            ("macs", JsonValue.Of(inspection.Macs)),
            ("openAxis", inspection.OpenAxisSize is { } size ? JsonValue.Of(size) : JsonValue.Null),
            ("uncounted", JsonValue.Array(inspection.Uncounted.Select(JsonValue.Of))),
            ("macsByOperator", JsonValue.Array(inspection.ByOperator.Select(row => JsonValue.Object(
                ("operator", JsonValue.Of(row.Operator)), ("nodes", JsonValue.Of((long)row.Nodes)), ("macs", JsonValue.Of(row.Macs)))))),
            ("units", JsonValue.Array(inspection.Units.Select(units => JsonValue.Object(
                ("block", JsonValue.Of((long)units.Block)),
                ("kind", JsonValue.Of(units.Kind)),
                ("where", JsonValue.Of(units.Where)),
                ("units", JsonValue.Of((long)units.Units)),
                ("heads", JsonValue.Of((long)units.Heads)),
                ("macsPerUnit", units.PerUnit is { } macs ? JsonValue.Of(macs.Macs) : JsonValue.Null),
                ("parametersPerUnit", units.PerUnit is { } parameters ? JsonValue.Of(parameters.Parameters) : JsonValue.Null))))),
            ("barriers", JsonValue.Array(inspection.Refusals.Select(refusal => JsonValue.Object(
                ("kind", JsonValue.Of(refusal.Kind.ToSpecName())),
                ("where", JsonValue.Of(refusal.Where)),
                ("operator", JsonValue.Of(refusal.OpType)),
                ("reason", JsonValue.Of(refusal.Reason.ToString())),
                ("detail", JsonValue.Of(refusal.Detail))))))));
    }

    private static string Operators(ModelInspection inspection)
    {
        var table = new TextTable("operator", "nodes", "MACs", "share");
        foreach (OperatorMacs row in inspection.ByOperator)
            table.Add(row.Operator, Number(row.Nodes), Figures.Count(row.Macs), Figures.Percent((double)row.Macs / inspection.Macs));
        return table.ToString();
    }

    private static string Units(IEnumerable<UnitsAt> all)
    {
        var table = new TextTable("block", "kind", "<where", "units", "heads", "MACs each", "parameters each");
        foreach (UnitsAt units in all)
        {
            table.Add(
                Number(units.Block), units.Kind, $"'{units.Where}'", Number(units.Units), Number(units.Heads), units.PerUnit is { } macs ? Figures.Count(macs.Macs) : "?", units.PerUnit is { } parameters ? Figures.Count(parameters.Parameters) : "?");
        }
        return table.ToString();
    }

    private static string Refusals(IEnumerable<Refusal> refusals)
    {
        var table = new TextTable("kind", "<where", "<operator", "<reason", "<detail");
        foreach (Refusal refusal in refusals) table.Add(refusal.Kind.ToSpecName(), $"'{refusal.Where}'", refusal.OpType, refusal.Reason.ToString(), refusal.Detail);
        return table.ToString();
    }

    private static JsonValue Signature(Value value) => JsonValue.Object(
        ("name", JsonValue.Of(value.Name)),
        ("type", JsonValue.Of(ModelInput.Describe(value.Type))),
        ("shape", value.DeclaredShape is { } shape
            ? JsonValue.Array(shape.Select(axis => axis.Size is { } size ? JsonValue.Of(size) : JsonValue.Of(axis.Symbol)))
            : JsonValue.Null));

    private static string Describe(Value value) =>
        $"'{value.Name}' {ModelInput.Describe(value.Type)} {(value.DeclaredShape is { } shape ? $"[{string.Join(", ", shape)}]" : "of unknown shape")}";

    private static string Domain(string domain) => domain.Length == 0 ? "ai.onnx" : domain;

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
