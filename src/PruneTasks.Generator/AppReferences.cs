using Microsoft.CodeAnalysis;

namespace PruneTasks.Generator;

/// <summary>Which libraries the app references: members that need one are generated only then.</summary>
internal sealed record AppReferences(bool DependencyInjection, bool KeyedServices, bool ExtensionsAi)
{
    /// <summary>None of them.</summary>
    public static readonly AppReferences None = new(false, false, false);

    /// <summary>Only names are compared, so an edit of the app's code ends here.</summary>
    public static AppReferences Of(Compilation compilation)
    {
        bool injection = false, keyed = false, ai = false;
        foreach (AssemblyIdentity assembly in compilation.ReferencedAssemblyNames)
        {
            if (assembly.Name == "Microsoft.Extensions.DependencyInjection.Abstractions")
                (injection, keyed) = (true, assembly.Version.Major >= 8);
            ai |= assembly.Name == "Microsoft.Extensions.AI.Abstractions";
        }
        return new AppReferences(injection, keyed, ai);
    }
}
