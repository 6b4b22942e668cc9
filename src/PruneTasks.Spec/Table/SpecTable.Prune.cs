namespace PruneTasks.Spec.Table;

/// <content>How far to prune, how to decide, and what must hold afterwards.</content>
internal static partial class SpecTable
{
    private static SpecKey Prune() => new("prune", SpecKind.Section, "How far to prune: either budget or ratios.")
    {
        Keys =
        [
            new("prune.seed", SpecKind.Integer, "Seed of every random choice; the same input gives the same bytes.") { Default = "42", Min = 0, Max = int.MaxValue, Example = "42" },
            new("prune.classes", SpecKind.Names, "Only these classes are kept: labels, or their numbers from 0. Exact for the answer among them.") { DefaultInWords = "all", Example = "[cat, dog]" },
            new("prune.align", SpecKind.Integer, "Pruned FFN widths and channels are multiples of this, which keeps kernels fast; channels of small layers, and all of a model so small that such steps would miss the budget by far, of half, a quarter … of it.") { Default = "8", Min = 1, Max = 1024, Example = "8" },
            new("prune.exact", SpecKind.Boolean, "What changes no result is left out first: constants computed at run time, BatchNormalization beside a layer, work of the last block on tokens that the head does not read.") { Default = "true", Example = "false" },
            new("prune.views", SpecKind.Integer, "Images and long signals are also used slightly moved, and texts by windows, until there are this many, which steadies the repair; 0 uses each as it is.") { Default = "1024", Min = 0, Max = 100_000, Example = "1024" },
            new("prune.flip", SpecKind.Word, "Whether the moved images are also mirrored left to right.")
            {
                Default = "\"auto\"",
                Words =
                [
                    new("auto", "if the dense model answers mirrored images much as it answers moved ones"),
                    new("always", "yes"),
                    new("never", "no, as for digits and text"),
                ],
            },
            new("prune.allocation", SpecKind.Word, "How a budget is spent over the places that can be pruned.")
            {
                Default = "\"measured\"",
                Words =
                [
                    new("measured", "by prices: what the answer loses when one place at a time is narrowed"),
                    new("uniform", "the same share everywhere; no measurement"),
                ],
            },
            new("prune.prices", SpecKind.Word, "How prices are measured.")
            {
                Default = "\"auto\"",
                Words =
                [
                    new("auto", "the best that prune.time allows"),
                    new("curves", "each place alone at several widths"),
                    new("level", "each place alone at one width"),
                    new("tails", "by the error of each layer alone; no pass through the model"),
                    new("fisher", "by gradients of the dense model"),
                    new("probes", "random sets of places together, and sparse recovery"),
                ],
            },
            new("prune.time", SpecKind.Number, "Minutes that measuring may take on two slow cores, as 20 billion multiply-accumulates a second: a clock decides nothing.")
            {
                Default = "3", Min = 0, Max = 10_000, Example = "5",
            },
            new("prune.threads", SpecKind.Word, "Threads that sums are spread over. Sums of floating-point numbers depend on how they are split.")
            {
                Default = "\"any\"",
                Words =
                [
                    new("any", "as many as the build allows; another number may give other bytes"),
                    new("one", "one: the same bytes for any number; takes up to the number of cores times as long, and says how much (docs/decisions/0024)"),
                ],
            },
            new("prune.method", SpecKind.Word, "How units are chosen and repaired. All but the first are there to compare with.")
            {
                Default = "\"sequential\"",
                Words =
                [
                    new("sequential", "optimal-brain-surgeon order and whitened SVD, each layer refitted on what the layers before it became"),
                    new("random", "any units, nothing repaired"),
                    new("magnitude", "units of the smallest weights, nothing repaired"),
                    new("wanda-sp", "weights times the norm of what they see"),
                    new("vbp", "units of the smallest variance, their mean folded into the bias"),
                    new("corp", "one closed form per layer on dense inputs (arXiv 2602.05243)"),
                    new("svd", "plain SVD of the attention maps, no data"),
                ],
            },
            new("prune.modules", SpecKind.Boolean, "A whole feed-forward or attention layer, or a key and value head with all query heads that share it, may go where its price says so.") { Default = "true", Example = "false" },
            Partition(),
            new("prune.buffer", SpecKind.Section, "Builds in steps, with units half out that may come back. In our measurements that gains nothing over one step (docs/decisions/0012).")
            {
                Keys =
                [
                    new("prune.buffer.steps", SpecKind.Integer, "Steps to the final widths; 1 is at once. Each is checked on samples held back, and a killed build goes on after the last.") { Default = "1", Min = 1, Max = 64, Example = "4" },
                    new("prune.buffer.capacity", SpecKind.Number, "How many more units than a step needs go half out, as a share of the step; 0 is no buffer.") { Default = "0.25", Min = 0, Max = 1, Example = "0.25" },
                ],
            },
            new("prune.distill", SpecKind.Section, "Trains what is left a little, towards the answers of the dense model; no labels.")
            {
                Keys = [new("prune.distill.steps", SpecKind.Integer, "Training steps; 0 is none.") { Default = "0", Min = 0, Max = 100_000, Example = "100" }],
            },
            new("prune.budget", SpecKind.Section, "What may remain, as a share of dense; with several, all hold.")
            {
                DefaultInWords = "macs: 0.5, unless ratios are given",
                Words = [new("auto", "the smallest model that keeps what quality asks for")],
                Keys =
                [
                    Share("macs", "Multiply-accumulates of one sample."),
                    Share("parameters", "Parameters."),
                    Share("bytes", "Bytes of the file."),
                    Share("latency", "Time of one sample in ONNX Runtime with one thread, from a table measured on this machine and kept."),
                ],
            },
            new("prune.ratios", SpecKind.Section, "Exactly this share of units removed, by kind of unit. Excludes budget.")
            {
                Keys = [Ratio("ffn", "FFN width."), Ratio("qk", "Query-key rank of each head."), Ratio("vo", "Value-output rank of each head."), Ratio("channel", "Channels of convolutions, and of other layers that share them.")],
            },
        ],
    };

    private static SpecKey Partition() => new("prune.partition", SpecKind.Section, "Tells apart what the personal data needs and what only the common data needs.")
    {
        Keys =
        [
            new("prune.partition.probes", SpecKind.Word, "Whether it is measured.")
            {
                Default = "\"auto\"",
                Words = [new("auto", "when data.common is given"), new("on", "yes, without common data by the personal data alone"), new("off", "no")],
            },
            new("prune.partition.count", SpecKind.Integer, "Random probes; 0 lets the number follow from the units.") { Default = "0", Min = 0, Max = 100_000, Example = "144" },
            new("prune.partition.solver", SpecKind.Word, "Sparse recovery of single prices from probes.")
            {
                Default = "\"auto\"",
                Words =
                [
                    new("auto", "by the number of units and probes"),
                    new("lasso", "weighted non-negative LASSO, debiased"),
                    new("omp", "orthogonal matching pursuit"),
                    new("iht", "iterative hard thresholding"),
                ],
            },
            new("prune.partition.bootstrap", SpecKind.Integer, "Resamples behind the intervals.") { Default = "200", Min = 20, Max = 10_000, Example = "200" },
            Cap("common", "Groups that only the common data needs."),
            Cap("personal", "Groups that the personal data needs."),
        ],
    };

    private static SpecKey Quality() => new("quality", SpecKind.Section, "What the pruned model must keep.")
    {
        DefaultInWords = "no limit",
        Keys =
        [
            new("quality.metric", SpecKind.Word, "What is compared with the dense model.")
            {
                Default = "\"agreement\"",
                Words =
                [
                    new("agreement", "share of samples with the same first class"),
                    new("top1", "share of samples whose first class is the label"),
                    new("kl", "mean KL(dense, pruned) in nats"),
                    new("cosine", "mean cosine of the outputs"),
                    new("perplexity", "of the next token, relative to dense"),
                ],
            },
            new("quality.max-drop", SpecKind.Number, "How much may be lost: from 1 for agreement and cosine, from dense for top1, in nats for kl, as a share for perplexity.")
            {
                Required = true, Min = 0, Max = 1000, Example = "0.01",
            },
            new("quality.on-miss", SpecKind.Word, "What a build does when it is missed.")
            {
                Default = "\"error\"",
                Words = [new("error", "fails; no pruned model is written"), new("warn", "warns")],
            },
        ],
    };

    private static SpecKey Cap(string name, string description) => new($"prune.partition.{name}", SpecKind.Section, description)
    {
        Keys = [new($"prune.partition.{name}.max", SpecKind.Number, "At most this share of the units of such a group is removed.") { DefaultInWords = "no limit", Min = 0, Max = 1, Example = "0.5" }],
    };

    private static SpecKey Share(string name, string description) =>
        new($"prune.budget.{name}", SpecKind.Number, description) { DefaultInWords = "no limit", Min = 0, AboveMin = true, Max = 1, Example = "0.5" };

    private static SpecKey Ratio(string name, string description) =>
        new($"prune.ratios.{name}", SpecKind.Number, description) { Default = "0", Min = 0, Max = 1, BelowMax = true, Example = "0.5" };
}
