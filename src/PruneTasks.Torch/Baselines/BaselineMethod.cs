using static TorchSharp.torch;

namespace PruneTasks.Torch.Baselines;

/// <summary>What a method does for the units that stay, once the others have gone.</summary>
internal enum UnitRepair
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The mean of what has gone is folded into the bias.</summary>
    Mean,

    /// <summary>What has gone is predicted from what stays by an affine ridge regression, folded into weights and bias.</summary>
    Regression,
}

/// <summary>A published way to choose and repair units, to compare with. Each works layer by layer on the dense network's own activations.</summary>
public sealed record BaselineMethod
{
    private BaselineMethod(string name, Func<UnitFacts, Tensor> units, Func<UnitFacts, UnitFacts, Tensor> pairs, UnitRepair repair = UnitRepair.None, bool lowRank = false) =>
        (Name, Units, Pairs, Repair, LowRank) = (name, units, pairs, repair, lowRank);

    /// <summary>All methods.</summary>
    public static IReadOnlyList<BaselineMethod> All { get; } =
    [
        new("random", u => u.Random(), (q, _) => q.Random()),
        new("magnitude", Magnitude, (q, k) => q.ProducerNorm * k.ProducerNorm),
        // An, Zhao, Yu, Tang and Wang 2023 (FLAP), their structured form of Wanda; the mean is folded, as FLAP does, because it is far worse without.
        new("wanda-sp", u => u.ConsumerSum * u.SecondMoment.sqrt(), Energies, UnitRepair.Mean),
        // Variance-based pruning, arXiv 2507.12988.
        new("vbp", u => u.Variance, Energies, UnitRepair.Mean),
        // arXiv 2602.05243; a unit counts as active above a hundredth of the layer's root mean square.
        new("corp", u => u.SecondMoment * u.Activity, Energies, UnitRepair.Regression),
        // The data-free part of NuWa, arXiv 2504.03118.
        new("svd", Magnitude, (q, k) => q.ProducerNorm * k.ProducerNorm, lowRank: true),
    ];

    /// <summary>Word of <c>prune.method</c>.</summary>
    public string Name { get; }

    /// <summary>Score of the units in front of a linear layer: neurons, or the dimensions of a head's mixed values. The highest stay.</summary>
    internal Func<UnitFacts, Tensor> Units { get; }

    /// <summary>Score of the query-key dimensions of a head.</summary>
    internal Func<UnitFacts, UnitFacts, Tensor> Pairs { get; }

    /// <summary>What happens to the layers that read the units, and to the other dimensions of queries and keys.</summary>
    internal UnitRepair Repair { get; }

    /// <summary>Attention maps are replaced by truncated SVDs of the weights instead of a subset of their dimensions.</summary>
    internal bool LowRank { get; }

    /// <summary>It can choose channels: it scores single units, and repairs by the mean at most.</summary>
    public bool TakesChannels => !LowRank && Repair != UnitRepair.Regression;

    /// <summary>The method of that name, or <see langword="null"/>.</summary>
    public static BaselineMethod? Find(string name) => All.FirstOrDefault(m => m.Name == name);

    private static Tensor Magnitude(UnitFacts u) => u.ProducerNorm * u.ConsumerNorm;

    private static Tensor Energies(UnitFacts q, UnitFacts k) => q.SecondMoment * k.SecondMoment;
}

/// <summary>What methods may score units by; all tensors [units], float64.</summary>
/// <param name="ProducerNorm">‖column‖₂ of the weights that make the unit; over several layers, of all of them together.</param>
/// <param name="ConsumerNorm">‖row‖₂ of the weights that read it.</param>
/// <param name="ConsumerSum">Σ|row|.</param>
/// <param name="SecondMoment">E[x²].</param>
/// <param name="Variance">Var(x).</param>
/// <param name="Activity">Share of rows in which |x| is above the threshold.</param>
/// <param name="Source">Random numbers of this build.</param>
internal sealed record UnitFacts(
    Tensor ProducerNorm, Tensor ConsumerNorm, Tensor ConsumerSum, Tensor SecondMoment, Tensor Variance, Tensor Activity, Random Source)
{
    /// <summary>A random score for each unit.</summary>
    public Tensor Random() => tensor(Enumerable.Range(0, (int)ProducerNorm.shape[0]).Select(_ => Source.NextDouble()).ToArray(), float64);
}
