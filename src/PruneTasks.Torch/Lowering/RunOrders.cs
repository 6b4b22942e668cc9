using System.Runtime.CompilerServices;
using PruneTasks.Onnx;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering;

/// <summary>Steps of one run: node indices in topological order, each with the values that nobody needs after it.</summary>
internal sealed record RunOrder(IReadOnlyList<(int Node, Value[] Done)> Steps);

/// <summary>
/// The orders of earlier runs, by what was asked for and what was at hand: the same few questions come for batch after batch, and from fork after fork.
/// </summary>
internal sealed class RunOrders
{
    // Many more than a model has cuts at a time. What is too much is found again.
    private const int Most = 1024;

    private readonly Dictionary<int, List<Answer>> _answers = [];
    private int _count;

    /// <summary>The order for a question; made where it was not asked before.</summary>
    /// <param name="targets">What is to be computed.</param>
    /// <param name="known">What is given.</param>
    /// <param name="folded">A bit for each value of constants alone that is at hand.</param>
    /// <param name="make">Makes the order.</param>
    internal RunOrder Of(IReadOnlyList<Value> targets, IReadOnlyDictionary<Value, Tensor> known, ulong[] folded, Func<RunOrder> make)
    {
        int hash = Hash(targets, known, folded);
        // Forks may run on several threads.
        lock (_answers)
        {
            if (_answers.TryGetValue(hash, out List<Answer>? same))
            {
                foreach (Answer answer in same)
                {
                    if (answer.Fits(targets, known, folded)) return answer.Order;
                }
            }
        }
        RunOrder order = make();
        lock (_answers)
        {
            if (_count >= Most)
            {
                _answers.Clear();
                _count = 0;
            }
            if (!_answers.TryGetValue(hash, out List<Answer>? same)) _answers.Add(hash, same = []);
            same.Add(new Answer([.. targets], [.. known.Keys], [.. folded], order));
            _count++;
        }
        return order;
    }

    private static int Hash(IReadOnlyList<Value> targets, IReadOnlyDictionary<Value, Tensor> known, ulong[] folded)
    {
        HashCode hash = new();
        for (int i = 0; i < targets.Count; i++) hash.Add(RuntimeHelpers.GetHashCode(targets[i]));
        // Given values have no order.
        int sum = known.Count;
        foreach (Value value in known.Keys) sum = unchecked(sum + RuntimeHelpers.GetHashCode(value));
        hash.Add(sum);
        foreach (ulong bits in folded) hash.Add(bits);
        return hash.ToHashCode();
    }

    private sealed record Answer(Value[] Targets, Value[] Known, ulong[] Folded, RunOrder Order)
    {
        public bool Fits(IReadOnlyList<Value> targets, IReadOnlyDictionary<Value, Tensor> known, ulong[] folded)
        {
            if (targets.Count != Targets.Length || known.Count != Known.Length || !Folded.AsSpan().SequenceEqual(folded)) return false;
            for (int i = 0; i < Targets.Length; i++)
            {
                if (!ReferenceEquals(Targets[i], targets[i])) return false;
            }
            foreach (Value value in Known)
            {
                if (!known.ContainsKey(value)) return false;
            }
            return true;
        }
    }
}
