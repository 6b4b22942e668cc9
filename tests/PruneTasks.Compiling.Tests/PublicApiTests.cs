using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PruneTasks.BuildTesting;

namespace PruneTasks.Compiling.Tests;

/// <summary>
/// What apps and generated code may use of PruneTasks.Runtime stands in src/PruneTasks.Runtime/PublicAPI.txt, so that a change of it is seen in review.
/// PRUNETASKS_UPDATE=1 writes the file anew.
/// </summary>
public sealed class PublicApiTests
{
    private static readonly SymbolDisplayFormat Format = new(
        SymbolDisplayGlobalNamespaceStyle.Omitted,
        SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces,
        SymbolDisplayGenericsOptions.IncludeTypeParameters | SymbolDisplayGenericsOptions.IncludeTypeConstraints | SymbolDisplayGenericsOptions.IncludeVariance,
        SymbolDisplayMemberOptions.IncludeModifiers | SymbolDisplayMemberOptions.IncludeParameters
            | SymbolDisplayMemberOptions.IncludeRef | SymbolDisplayMemberOptions.IncludeContainingType | SymbolDisplayMemberOptions.IncludeConstantValue,
        SymbolDisplayDelegateStyle.NameAndSignature,
        SymbolDisplayExtensionMethodStyle.StaticMethod,
        SymbolDisplayParameterOptions.IncludeModifiers | SymbolDisplayParameterOptions.IncludeType | SymbolDisplayParameterOptions.IncludeName | SymbolDisplayParameterOptions.IncludeDefaultValue,
        SymbolDisplayPropertyStyle.ShowReadWriteDescriptor,
        miscellaneousOptions: SymbolDisplayMiscellaneousOptions.UseSpecialTypes | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    [Fact]
    public void The_public_api_is_the_recorded_one()
    {
        string actual = string.Join('\n', Lines(Frameworks.Net10)) + "\n";
        string file = Path.Combine(Repository.Root, "src", "PruneTasks.Runtime", "PublicAPI.txt");
        if (Environment.GetEnvironmentVariable("PRUNETASKS_UPDATE") == "1")
            File.WriteAllText(file, actual);
        Assert.True(File.ReadAllText(file).ReplaceLineEndings("\n") == actual, $"PublicAPI.txt differs. If the change is meant, run the tests with PRUNETASKS_UPDATE=1 and read the difference.\n{actual}");
    }

    [Fact]
    public void Both_frameworks_have_the_same_api()
    {
        Assert.SkipWhen(Frameworks.Net8 is null, "not run: the reference assemblies of net8.0 are not in the folder of packages");
        Assert.Equal(Lines(Frameworks.Net10), Lines(Frameworks.Net8!.Value));
    }

    private static string[] Lines(IEnumerable<MetadataReference> references)
    {
        CSharpCompilation compilation = CSharpCompilation.Create("Api", references: references);
        IAssemblySymbol runtime = compilation.SourceModule.ReferencedAssemblySymbols.Single(assembly => assembly.Name == "PruneTasks.Runtime");
        return [.. Types(runtime.GlobalNamespace).SelectMany(Lines).Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<INamedTypeSymbol> Types(INamespaceOrTypeSymbol holder) => holder.GetMembers().SelectMany(member => member switch
    {
        INamespaceSymbol space => Types(space),
        INamedTypeSymbol { DeclaredAccessibility: Accessibility.Public } type => Types(type).Prepend(type),
        _ => [],
    });

    private static IEnumerable<string> Lines(INamedTypeSymbol type)
    {
        string kind = (type.IsRecord ? "record " : "") + (type.IsRefLikeType ? "ref " : "") + (type.IsReadOnly ? "readonly " : "") + (type.IsStatic ? "static " : type.IsSealed && type.TypeKind == TypeKind.Class ? "sealed " : "")
            + type.TypeKind.ToString().ToLowerInvariant();
        string bases = string.Join(", ", type.Interfaces.Concat(type.BaseType is { SpecialType: SpecialType.None } parent ? [parent] : []).Select(face => face.ToDisplayString(Format)).Order(StringComparer.Ordinal));
        yield return $"{type.ToDisplayString(Format)}: {kind}{(bases.Length == 0 ? "" : ", " + bases)}";
        foreach (ISymbol member in type.GetMembers())
        {
            bool isVisible = member.DeclaredAccessibility is Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal;
            // Accessors come with their property, and what a record has by itself is known.
            if (isVisible && !member.IsImplicitlyDeclared && member is not INamedTypeSymbol and not IMethodSymbol { AssociatedSymbol: not null } && !IsOfRecord(type, member))
                yield return member.ToDisplayString(Format) + Result(member);
        }
    }

    // After the name, so that the file is in order of names.
    private static string Result(ISymbol member) => member switch
    {
        IMethodSymbol { MethodKind: not MethodKind.Constructor } method => " -> " + method.ReturnType.ToDisplayString(Format),
        IPropertySymbol property => " -> " + property.Type.ToDisplayString(Format),
        IFieldSymbol { HasConstantValue: false } field => " -> " + field.Type.ToDisplayString(Format),
        _ => "",
    };

    private static bool IsOfRecord(INamedTypeSymbol type, ISymbol member) =>
        type.IsRecord && member.Name is "Equals" or "GetHashCode" or "ToString" or "op_Equality" or "op_Inequality" or "Deconstruct" or "<Clone>$" or "PrintMembers" or "EqualityContract";
}
