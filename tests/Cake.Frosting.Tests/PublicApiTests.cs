using System.Reflection;

namespace Cake.Frosting.Tests;

/// <summary>
/// Compares the assembly with PublicApi.txt, which lists the part of the official API (Cake.Frosting 7.0.0) that is stood in for.
/// Run against the official package, this shows that the list is true; against the stand-in, that it is complete.
/// </summary>
public sealed class PublicApiTests
{
    private static readonly string[] Expected = File
        .ReadAllLines(Path.Combine(AppContext.BaseDirectory, "PublicApi.txt"))
        .Where(line => line.Length > 0 && line[0] != '#')
        .ToArray();

    private static readonly string[] Actual = typeof(CakeHost).Assembly.GetExportedTypes().SelectMany(Describe).ToArray();

    [Test]
    public void Everything_listed_is_there() => Assert.That(Expected.Except(Actual), Is.Empty);

#if !OFFICIAL_CAKE_FROSTING
    [Test]
    public void Nothing_is_there_that_is_not_listed() => Assert.That(Actual.Except(Expected), Is.Empty);
#endif

    private static IEnumerable<string> Describe(Type type)
    {
        const BindingFlags Declared = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;
        var kind = type.IsInterface ? "interface" : (type.IsAbstract, type.IsSealed) switch
        {
            (true, true) => "static class",
            (true, false) => "abstract class",
            (false, true) => "sealed class",
            _ => "class",
        };
        var name = Name(type);
        yield return $"{kind} {name}{Parents(type)}{Constraints(type.GetGenericArguments())}";

        if (type.GetCustomAttribute<AttributeUsageAttribute>() is { } usage && type.IsSubclassOf(typeof(Attribute)))
        {
            yield return $"{name} usage {usage.ValidOn}{(usage.AllowMultiple ? ", multiple" : "")}{(usage.Inherited ? ", inherited" : "")}";
        }

        foreach (var constructor in type.GetConstructors(Declared).Where(constructor => constructor.IsPublic))
        {
            yield return $"{name}({Parameters(constructor)})";
        }

        foreach (var method in type.GetMethods(Declared).Where(method => method.IsPublic || method.IsFamily))
        {
            var modifier = type.IsInterface
                ? method.IsAbstract ? "" : "default "
                : method.IsStatic ? "static " : method.IsAbstract ? "abstract " : method is { IsVirtual: true, IsFinal: false } ? "virtual " : "";
            var generic = method.IsGenericMethod ? "<" + string.Join(", ", method.GetGenericArguments().Select(Name)) + ">" : "";
            yield return $"{name}.{method.Name}{generic}({Parameters(method)}) -> {modifier}{Name(method.ReturnType)}{Constraints(method.GetGenericArguments())}";
        }
    }

    /// <summary>The base class and the public interfaces that the base class does not bring already.</summary>
    private static string Parents(Type type)
    {
        var inherited = type.BaseType?.GetInterfaces() ?? [];
        var parents = type.GetInterfaces().Where(parent => parent.IsPublic).Except(inherited).OrderBy(Name, StringComparer.Ordinal).ToList();
        if (type.BaseType is { } ancestor && ancestor != typeof(object))
        {
            parents.Insert(0, ancestor);
        }

        return parents.Count == 0 ? "" : " : " + string.Join(", ", parents.Select(Name));
    }

    private static string Parameters(MethodBase method)
        => string.Join(", ", method.GetParameters().Select(parameter => $"{Name(parameter.ParameterType)} {parameter.Name}"));

    private static string Constraints(Type[] parameters)
        => string.Concat(parameters.Where(parameter => parameter.IsGenericParameter).Select(parameter =>
        {
            var constraints = parameter.GetGenericParameterConstraints().Select(Name).ToList();
            if (parameter.GenericParameterAttributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
            {
                constraints.Insert(0, "class");
            }

            if (parameter.GenericParameterAttributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint))
            {
                constraints.Add("new()");
            }

            return constraints.Count == 0 ? "" : $" where {parameter.Name} : {string.Join(", ", constraints)}";
        }));

    private static string Name(Type type)
        => type.IsGenericType
            ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
            : type.Name;
}
