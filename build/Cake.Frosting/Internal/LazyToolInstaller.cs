using Cake.Cli;
using Cake.Core;
using Cake.Core.Configuration;
using Cake.Core.Diagnostics;
using Cake.Core.IO;
using Cake.Core.Packaging;
using Cake.Core.Tooling;
using Cake.DotNetTool.Module;
using Cake.NuGet;
using Microsoft.Extensions.DependencyInjection;

namespace Cake.Frosting.Internal;

/// <summary>Installs tools with Cake's own installers, which are made (and the NuGet client loaded) when the first tool is asked for.</summary>
/// <remarks>Every <see cref="ICakeContext"/> holds a tool installer; a build that installs nothing must not pay for it.</remarks>
internal sealed class LazyToolInstaller : IToolInstaller
{
    private readonly Lazy<ToolInstaller> _installer;

    public LazyToolInstaller(IServiceProvider provider)
        => _installer = new Lazy<ToolInstaller>(() => Create(provider));

    public IEnumerable<FilePath> Install(PackageReference tool) => _installer.Value.Install(tool);

    private static ToolInstaller Create(IServiceProvider provider)
    {
        // The two modules need services of the build; those are handed on, so that both sides share their instances.
        var services = new ServiceCollection();
        services.UseModule<NuGetModule>();
        services.UseModule<DotNetToolModule>();
        Share<ICakeContext>();
        Share<ICakeEnvironment>();
        Share<ICakeConfiguration>();
        Share<ICakeLog>();
        Share<IFileSystem>();
        Share<IGlobber>();
        Share<IProcessRunner>();
        Share<IToolLocator>();
        Share<Core.IO.NuGet.INuGetToolResolver>();

        var installers = services.BuildServiceProvider().GetServices<IPackageInstaller>()
            .Concat(provider.GetServices<IPackageInstaller>());
        return new ToolInstaller(
            provider.GetRequiredService<ICakeEnvironment>(),
            provider.GetRequiredService<IToolLocator>(),
            provider.GetRequiredService<ICakeConfiguration>(),
            provider.GetRequiredService<ICakeLog>(),
            installers);

        void Share<T>()
            where T : class
            => services.AddSingleton(_ => provider.GetRequiredService<T>());
    }
}
