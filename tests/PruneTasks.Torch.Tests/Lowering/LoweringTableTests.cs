using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;

namespace PruneTasks.Torch.Tests.Lowering;

public sealed class LoweringTableTests
{
    [Fact]
    public void The_operator_table_says_lowered_exactly_where_there_is_a_lowering()
    {
        // Constants are content, not computed.
        string[] said = [.. OperatorTable.Default.Rows.Where(r => r.IsLowered && r.Name != "Constant").Select(r => $"{r.Domain}:{r.Name}").Order(StringComparer.Ordinal)];
        string[] done = [.. LoweringTable.Rows.Keys.Select(k => $"{k.Domain}:{k.OpType}").Order(StringComparer.Ordinal)];
        Assert.True(said.SequenceEqual(done), $"said, not done: {string.Join(" ", said.Except(done))}\ndone, not said: {string.Join(" ", done.Except(said))}");
    }
}
