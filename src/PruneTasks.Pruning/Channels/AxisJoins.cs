using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Decides what carries the units of a joined axis (channel and position joined by a Flatten, group and channel by a shuffle): one of its parts. Then
/// a coordinate of that part takes all coordinates of the joined axis along in which it occurs, and the other parts stay whole.
/// </summary>
/// <remarks>
/// What the rest of the graph leaves open is decided by choice: the part with most coordinates that may go, the last of equals. Any choice is right, since what is
/// not chosen is only left dense. Choices are made in the order of the graph, and what follows from each is drawn before the next.
/// </remarks>
internal static class AxisJoins
{
    /// <summary>Decides all of them.</summary>
    /// <param name="axes">What the rules said.</param>
    /// <param name="opset">Of the model.</param>
    /// <param name="byClasses">Before anything is chosen, the part along which the coordinates of the joined axis are known to go together carries them.</param>
    public static void Decide(ChannelAxes axes, long opset, bool byClasses = false)
    {
        List<JoinedAxis> joins = [.. axes.Joins];
        List<GroupChoice> groups = [.. axes.Groups];
        while (joins.Count > 0 || groups.Count > 0)
        {
            bool forced = false;
            for (int i = 0; i < joins.Count; i++)
            {
                JoinedAxis join = joins[i];
                bool whole = axes.Classes.HasFree(join.Whole);
                AxisRange[] free = [.. join.Parts.Where(axes.Classes.HasFree)];
                if (whole && free.Length > 1) continue;
                Carry(axes, join, whole && free.Length == 1 ? free[0] : null);
                joins.RemoveAt(i--);
                forced = true;
            }
            for (int i = 0; i < groups.Count; i++)
            {
                GroupChoice choice = groups[i];
                if (axes.Classes.HasFree(choice.Input) && axes.Classes.HasFree(choice.Output)) continue;
                // The side that stays keeps the number of groups; the other may lose the same channels of each.
                Alike(axes, choice, opset);
                groups.RemoveAt(i--);
                forced = true;
            }
            if (forced || (byClasses && CarryKnown(axes, joins))) continue;
            if (joins.Count > 0)
            {
                JoinedAxis next = joins[0];
                Carry(axes, next, next.Parts.Where(axes.Classes.HasFree).Reverse().MaxBy(axes.Classes.FreeOf));
                joins.RemoveAt(0);
            }
            else if (groups.Count > 0)
            {
                GroupChoice next = groups[0];
                ChannelContext context = new(next.Node, opset, axes);
                // Many small groups: each is a unit. Few large ones: the channels within them are.
                if (next.Groups >= next.Input.Size / next.Groups) Whole(axes, context, next);
                else Alike(axes, next, opset);
                groups.RemoveAt(0);
            }
        }
    }

    /// <summary>The first joined axis whose coordinates go together as those of one part do.</summary>
    private static bool CarryKnown(ChannelAxes axes, List<JoinedAxis> joins)
    {
        for (int i = 0; i < joins.Count; i++)
        {
            JoinedAxis join = joins[i];
            foreach (AxisRange part in join.Parts.Where(axes.Classes.HasFree))
            {
                if (!IsAlong(axes, join, part)) continue;
                Carry(axes, join, part);
                joins.RemoveAt(i);
                return true;
            }
        }
        return false;
    }

    /// <summary>Coordinates of the joined axis are in one class if, and only if, they have the same coordinate of the part.</summary>
    private static bool IsAlong(ChannelAxes axes, JoinedAxis join, AxisRange part)
    {
        if (!join.Whole.IsFollowed || part.Size < 2 || part.Size >= join.Whole.Size || join.Parts.Any(p => p.Size == 0)) return false;
        int stride = StrideOf(join, part);
        int[] classes = [.. Enumerable.Range(0, join.Whole.Size).Select(i => axes.Classes.Find(join.Whole.Start + i))];
        return classes.Distinct().Count() == part.Size && Enumerable.Range(0, classes.Length).GroupBy(i => i / stride % part.Size).All(g => g.Select(i => classes[i]).Distinct().Count() == 1);
    }

    /// <summary>Coordinates of the joined axis between two neighbours of the part.</summary>
    private static int StrideOf(JoinedAxis join, AxisRange part)
    {
        int stride = 1;
        foreach (AxisRange other in join.Parts.Reverse())
        {
            if (other.Equals(part)) break;
            stride *= Math.Max(1, other.Size);
        }
        return stride;
    }

    private static void Whole(ChannelAxes axes, ChannelContext context, GroupChoice choice)
    {
        ConvolutionChannels.Whole(context, choice.Input, choice.Output, choice.Groups);
        int inner = Reason(axes, choice.Node, "a group of channels goes as a whole");
        axes.Hold(choice.Node.OpType == "ConvTranspose" ? choice.WeightOut : choice.WeightIn, inner);
    }

    private static void Alike(ChannelAxes axes, GroupChoice choice, long opset) => ConvolutionChannels.Alike(new ChannelContext(choice.Node, opset, axes), choice);

    private static void Carry(ChannelAxes axes, JoinedAxis join, AxisRange? carrier)
    {
        int reason = Reason(axes, join.Node, "another part of the joined axis carries the channels");
        if (carrier is not { } part || join.Parts.Any(p => p.Size == 0) || join.Parts.Aggregate(1L, (n, p) => n * p.Size) != join.Whole.Size)
        {
            // Nothing of it may go; the reason is that of the side that stays.
            axes.Hold(join.Whole, Inherit(axes, join.Parts) ?? reason);
            int whole = Inherit(axes, [join.Whole]) ?? reason;
            foreach (AxisRange other in join.Parts) axes.Hold(other, whole);
            return;
        }
        int stride = StrideOf(join, part);
        foreach (AxisRange other in join.Parts)
            if (!other.Equals(part)) axes.Hold(other, reason);
        for (int i = 0; i < join.Whole.Size; i++) axes.Classes.Unite(join.Whole.Start + i, part.Start + (i / stride % part.Size));
    }

    /// <summary>Why the first coordinate that stays has to.</summary>
    private static int? Inherit(ChannelAxes axes, IEnumerable<AxisRange> ranges)
    {
        foreach (AxisRange range in ranges.Where(r => r.IsFollowed))
            if (axes.Classes.PinOf(range.Start) is { } pin) return axes.Classes.Reason(pin);
        return null;
    }

    private static int Reason(ChannelAxes axes, Node node, string detail) => axes.Classes.Reason(new Pin(RefusalReason.Layout, node, $"the channels meet {node.OpType}: {detail}"));
}
