using PruneTasks.Onnx;
using PruneTasks.Pruning;

namespace PruneTasks.Torch.Tests.Building;

/// <summary>Small networks with channels in every arrangement that a build has to do with.</summary>
public static class ChannelForms
{
    /// <summary>Channels of each.</summary>
    internal const int Units = 12;

    /// <summary>Their names.</summary>
    public static TheoryData<string> All => ["chain", "residual", "concat", "depthwise", "flatten", "pooled", "transposed", "grouped", "two readers", "late reader", "no bias", "shared weight", "shared weight and own biases", "lstm", "gru", "rnn without bias"];

    /// <summary>The network, and its sites.</summary>
    internal static (OnnxModel Model, ChannelSite[] Sites) Create(string form)
    {
        ChannelGraph g = new();
        int[] all = [.. Enumerable.Range(0, Units)], none = [.. Enumerable.Repeat(-1, Units)];
        Value first = g.Conv(g.X, 3, Units, 3, 1), hidden = g.Node("Relu", first);
        g.Makes(first, Units);
        switch (form)
        {
            case "residual":
                Value again = g.Conv(hidden, Units, Units, 3, 1);
                g.Reads(again, 1, all);
                g.Makes(again, Units);
                Value sum = g.Node("Relu", g.Node("Add", again, hidden)), third = g.Conv(sum, Units, 7, 3, 1);
                g.Reads(third, 1, all);
                g.Output(third);
                break;
            case "concat":
                Value other = g.Conv(g.X, 3, Units, 1), joined = g.Graph.AddNode("Concat", [hidden, g.Node("Relu", other)], "j", attributes: new Dictionary<string, AttributeData> { ["axis"] = 1L }).Outputs[0];
                Value read = g.Conv(joined, 2 * Units, 7, 3, 1);
                g.Output(read);
                ChannelEnd a = new(read.Producer!, 1, 1, [.. all, .. none]), b = new(read.Producer!, 1, 1, [.. none, .. all]);
                ChannelEnd from = new(other.Producer!, 1, 0, all);
                ChannelSite site = g.Site(Units);
                return (g.Model(), [site with { Consumers = [a] }, site with { Name = "other", First = other.Producer!, Producers = [from], Consumers = [b] }]);
            case "depthwise":
                Value deep = g.Conv(g.Node("Relu", g.Conv(hidden, Units, Units, 3, 1, group: Units)), Units, 7, 1);
                g.Reads(deep, 1, all);
                g.Output(deep);
                break;
            case "flatten":
                Value flat = g.Linear(g.Node("Flatten", g.Conv(hidden, Units, Units, 3, 0, 3, Units)), Units * 4, 6);
                g.Reads(flat, 1, [.. Enumerable.Range(0, Units * 4).Select(row => row / 4)]);
                g.Output(flat);
                break;
            case "pooled":
                Value pooled = g.Linear(g.Node("Flatten", g.Node("GlobalAveragePool", hidden)), Units, 6);
                g.Reads(pooled, 1, all);
                g.Output(pooled);
                break;
            case "transposed":
                Value up = g.Conv(hidden, Units, 5, 4, 1, 2, op: "ConvTranspose");
                g.Reads(up, 0, all);
                g.Output(up);
                break;
            case "grouped":
                g = new();
                first = g.Conv(g.X, 3, 2 * Units, 3, 1);
                Value grouped = g.Conv(g.Node("Relu", first), 2 * Units, 8, 3, 1, group: 2);
                g.Output(grouped);
                return (g.Model(), [new("halves", Units, [], first.Producer!, [new(first.Producer!, 1, 0, [.. all, .. all])], [new(grouped.Producer!, 1, 1, all)], [])]);
            case "two readers":
            case "late reader":
                Value left = g.Conv(hidden, Units, 6, 3, 1), right = form == "late reader" ? g.Node("Relu", g.Conv(g.Node("Relu", left), 6, 6, 3, 1)) : null!;
                Value late = g.Conv(hidden, Units, 6, 1);
                g.Reads(left, 1, all);
                g.Reads(late, 1, all);
                g.Output(g.Node("Add", right ?? left, late));
                break;
            case "shared weight":
                Value one = g.Conv(hidden, Units, 6, 3, 1), two = g.Graph.AddNode("Conv", [g.Node("Tanh", hidden), one.Producer!.Inputs[1]!], "t", attributes: one.Producer!.Attributes).Outputs[0];
                g.Reads(one, 1, all);
                g.Reads(two, 1, all);
                g.Output(g.Node("Add", one, two));
                break;
            case "shared weight and own biases":
                Value here = g.Conv(hidden, Units, 6, 3, 1), there = g.Graph.AddNode("Conv", [g.Node("Tanh", hidden), here.Producer!.Inputs[1]!, g.Constant([6])], "t", attributes: here.Producer!.Attributes).Outputs[0];
                g.Reads(here, 1, all);
                g.Reads(there, 1, all);
                g.Output(g.Node("Add", here, g.Node("Relu", there)));
                break;
            case "lstm" or "gru" or "rnn without bias":
                int gates = form == "lstm" ? 4 : form == "gru" ? 3 : 1, directions = form == "gru" ? 2 : 1;
                Value rows = g.Graph.AddNode("ReduceMean", [hidden], "r", attributes: new Dictionary<string, AttributeData> { ["axes"] = new long[] { 3 }, ["keepdims"] = 0L }).Outputs[0];
                Value steps = g.Graph.AddNode("Transpose", [rows], "s", attributes: new Dictionary<string, AttributeData> { ["perm"] = new long[] { 2, 0, 1 } }).Outputs[0];
                Value?[] inputs = [steps, g.Constant([directions, gates * 5, Units]), g.Constant([directions, gates * 5, 5]), form == "rnn without bias" ? null : g.Constant([directions, 2 * gates * 5])];
                Value cells = g.Graph.AddNode(form[..3] == "lst" ? "LSTM" : form[..3].ToUpperInvariant(), inputs, "cells", attributes: new Dictionary<string, AttributeData> { ["hidden_size"] = 5L, ["direction"] = directions == 2 ? "bidirectional" : "forward" }).Outputs[0];
                g.Reads(cells, 2, all);
                g.Output(cells);
                break;
            default:
                Value next = g.Conv(hidden, Units, 7, 3, 1, bias: form != "no bias");
                g.Reads(next, 1, all);
                g.Output(next);
                break;
        }
        return (g.Model(), [g.Site(Units)]);
    }
}
