using Microsoft.CodeAnalysis;
using PruneTasks.Generator.Naming;

namespace PruneTasks.Generator.Analyzing;

/// <summary>From a label's text to its member of the enum. Compiled into the analyzers and the code fixes.</summary>
internal static class LabelMembers
{
    /// <summary>
    /// The one member that stands for a text, or null. Labels that gave the same name carry their index, so then no single one does.
    /// </summary>
    /// <param name="type">The label type; a struct has no members, so none is found.</param>
    /// <param name="text">The text compared with.</param>
    /// <param name="isName">Whether it is the name that ToString gives, not the text of the spec.</param>
    public static string? Find(INamedTypeSymbol type, string text, bool isName)
    {
        string name = isName ? text : Identifiers.Label(text, -1);
        IFieldSymbol[] members = [.. type.GetMembers().OfType<IFieldSymbol>().Where(field => field.HasConstantValue)];
        if (!members.Any(member => member.Name == name))
            return null;
        bool shared = !isName && members.Any(member => member.Name == name + member.ConstantValue);
        return shared ? null : name;
    }
}
